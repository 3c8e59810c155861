"""From the state to the views: what each view shows after a change."""
