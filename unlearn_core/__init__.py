"""unlearn_core: populations of models that learn, forget, and are measured."""

__version__ = "0.1.0"
