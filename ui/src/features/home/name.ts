// A short name for a project, out of the idea it begins with. A person can rename it.

const LEAD =
  /^(please|can you|could you|i want|i need|i'd like|make|build|create|write|design|me|us|a|an|the|some|to|new|my|our)\b/i
/** What follows one of these tells more about the thing, and is not its name. */
const REST = /\s(for|with|that|which|where|who|so|to|from|in|on|using|and then|like|about)\s.*/i
const LONGEST = 40

export function nameFrom(prompt: string): string {
  let text = prompt.split(/[\n.,;:!?]/)[0]?.trim() ?? ''
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(LEAD, '').trim()
  }
  text = text.replace(REST, '').split(/\s+/).slice(0, 5).join(' ')
  // Whatever a folder's name can't hold on one of the systems.
  text = text
    .replace(/[<>:"/\\|?*\p{Cc}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST)
    .trim()
  if (!text) return 'New project'
  return text.charAt(0).toUpperCase() + text.slice(1)
}
