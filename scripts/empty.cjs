// Stands in, in the bundle, for modules that dockerode can load and this extension never uses.
module.exports = {};
