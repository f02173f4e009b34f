"""The regions along lines, for many lines at once and any number of inputs."""
