"""The rows of the gate in the words and shapes its pages show."""
