from athena_auth import Athena

athena = Athena()
