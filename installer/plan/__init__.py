"""Pure planners: from answers, bundle and facts to steps. Nothing here does I/O."""
