module.exports = require("@postern/client");
