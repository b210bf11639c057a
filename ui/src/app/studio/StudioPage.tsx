// One project: files, editor, preview, agent.
export function StudioPage({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />
}
