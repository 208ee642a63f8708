"""An example server with real architectures, so that Assay is measured where it is used: on a GPU."""
