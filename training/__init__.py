"""Programs that train the small models AURA-X ships. They need torch, onnx and onnxscript; AURA-X itself does not."""
