"""The accuracy that a budget of parameters and multiply-adds buys, on Fashion-MNIST."""
