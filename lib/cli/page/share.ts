/** `42 %`, `3.4 %`, `< 0.1 %`. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} %`
}
