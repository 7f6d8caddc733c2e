"""The browser viewer: what people do in it is in plain classes, the page is a thin layer on them."""
