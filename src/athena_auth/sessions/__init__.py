"""Sessions: what a person holds once every due factor is proven."""
