"""Plain Python between screens and core: no Textual, frozen records out, heavy imports inside."""
