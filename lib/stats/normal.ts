/** Half the width of a 95 % interval, in standard deviations of the normal distribution. */
export const Z95 = 1.96
