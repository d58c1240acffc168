from django.urls import path

from shop import views

urlpatterns = [
    path("", views.home),
    path("account", views.account),
    path("pay", views.pay),
]
