import os

from django.core.asgi import get_asgi_application

from shop.auth import athena

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = athena.wrap(get_asgi_application())
