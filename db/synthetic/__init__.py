"""An invented consortium and invented patients: nobody stands behind any record."""
