from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from athena_auth.integrations.django import guarded
from shop.auth import athena

MOST_WITHOUT_SECOND_FACTOR = 100


class Payment(forms.Form):
    amount = forms.IntegerField(min_value=1)


def home(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>Shop</title><h1>Everybody sees this.</h1>")


@guarded(athena.session)
def account(request: HttpRequest) -> HttpResponse:
    user = request.athena.user
    return JsonResponse({"email": user.email, "twoFactorEnabled": user.two_factor_enabled})


# The guard itself refuses what a page of another site sends, and a bearer token needs no CSRF token.
@csrf_exempt
@require_POST
@guarded(athena.session)
async def pay(request: HttpRequest) -> HttpResponse:
    payment = Payment(request.POST)
    if not payment.is_valid():
        return JsonResponse({"message": "Say how much, from 1 up.", "code": "INVALID_AMOUNT"}, status=400)
    amount = payment.cleaned_data["amount"]
    return await (pay_much if amount > MOST_WITHOUT_SECOND_FACTOR else receipt)(request, amount)


@guarded(athena.require(level=2, fresh=600))
async def pay_much(request: HttpRequest, amount: int) -> HttpResponse:
    return await receipt(request, amount)


async def receipt(request: HttpRequest, amount: int) -> HttpResponse:
    return JsonResponse({"paid": amount, "by": request.athena.user.email})
