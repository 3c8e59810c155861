"""Learning and predicting the activity of cells: transients, and the spikes behind them, from the movie."""
