"""What networks for pictures know about a scene: lifted to its points, or asked about its objects."""
