"""Head pose from a face crop: yaw, pitch, roll and how sure, in the 300W-LP convention (method §2–5).

Use: ``estimator`` (ONNX and the landmark method; no torch), ``crop``, ``meanface``. Training, which needs
torch:
``network``, ``labels``, ``loss``, ``data``, ``training``, ``export``. Measuring: ``evaluation``,
``datasets``.
"""
