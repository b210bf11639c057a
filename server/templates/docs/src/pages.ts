export interface Page {
  title: string
  text: string
}

export const pages: Page[] = [
  {
    title: 'Start here',
    text: 'Welcome to the handbook.\n\n## How it is made\n\nEach page is Markdown in `src/pages.ts`.\n\n- Write a title\n- Write some text',
  },
  {
    title: 'Write a page',
    text: 'Add an entry to the list.\n\n## What is understood\n\nHeadings by `##`, lists by `-`, `code` and paragraphs.',
  },
  { title: 'Find things', text: 'The box above the list searches titles and text as you type.' },
]
