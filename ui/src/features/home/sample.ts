/** The sample project's template: for trying things on, offered beside the demo and not among the templates. */
export const SAMPLE = 'sample'
