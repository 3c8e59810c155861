"""Before, during and after an event: stimulation, injury, or whatever a signal marks."""
