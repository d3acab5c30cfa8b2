"""A critic that listens for defects of audio: `features` in numpy, a small network in onnxruntime."""
