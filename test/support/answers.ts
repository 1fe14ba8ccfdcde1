/**
 * The app's end of `App.ask`: what is preloaded into it answers over IPC, works only when asked, and
 * keeps neither the process nor a timer.
 */
export function answerQuestions<Q>(answer: (question: Q) => unknown): void {
  if (!process.send) return
  process.on('message', (message) => {
    const { id, question } = message as { id: number; question: Q }
    void reply(id, () => answer(question))
  })
  process.channel?.unref()
}

async function reply(id: number, answer: () => unknown): Promise<void> {
  try {
    process.send?.({ id, value: (await answer()) ?? null })
  } catch (error) {
    process.send?.({ id, error: String((error as Error)?.stack) })
  }
}
