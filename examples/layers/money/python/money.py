"""How amounts are written. It is in a layer, so that several functions may have it."""


def euros(amounts):
    return f"{sum(amounts)} EUR"
