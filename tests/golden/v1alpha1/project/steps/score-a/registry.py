import mimetypes

mimetypes.add_type("application/x-score", ".score")
