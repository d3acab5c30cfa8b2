"""BS-RoFormer: separation by a transformer over bands (Lu, Wang, Kong, Hung 2023, arXiv:2309.02612).

A folder of weights holds `config.json` (or `config.yaml`, as the published ones come) and `model.safetensors`, whose
tensors are named as in the published checkpoints.
"""
