"""How good a trained generator is: what is measured, in which features, of which samples."""
