// The middleware under test, where the variant is one: (req, res, next), put before all others.
const file = process.env.OUTERMOST
exports.outermost = file ? require(file) : null
