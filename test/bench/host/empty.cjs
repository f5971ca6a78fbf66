// An extension that does nothing: what loading and activating it takes is not ours.
exports.activate = () => undefined;
