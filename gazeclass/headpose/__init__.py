"""How a head is turned: the SDAM network, its labels, training and the ONNX estimator."""
