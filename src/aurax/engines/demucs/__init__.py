"""Demucs: Hybrid Transformer Demucs (Rouard, Massa, Défossez 2023, arXiv:2211.08553), by the `demucs` library.

A folder of weights is laid out as Demucs 4.1 publishes it: `htdemucs.yaml` names the models of the bag and what each
counts for, and next to it is one safetensors file for each, with the class and its arguments in the header.
"""
