// Which house this window belongs to, and a way to open it in one more window.
import { useMutation } from '@tanstack/react-query'
import { BookOpen, ChevronDown, Copy, Monitor } from 'lucide-react'
import { Menu } from '../kit/menu'
import { toast } from '../kit/toast'
import { api, take } from '../server/client'
import { inWords } from '../server/problem'

export function ThisComputer() {
  const link = useMutation({
    mutationFn: async () => {
      const { url } = await take(api.POST('/api/session/launch'))
      await navigator.clipboard.writeText(url)
    },
    onSuccess: () => toast('Link copied. It opens the studio in one more window, once.'),
    onError: (error) => toast(inWords(error)),
  })
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className="crumb crumb--plain">
          <Monitor className="i i--s" aria-hidden />
          <span className="hide-narrow">This computer</span>
          <ChevronDown className="i" aria-hidden />
        </button>
      }
      groups={[
        {
          label: 'Everything here stays on this computer',
          items: [
            {
              id: 'link',
              label: 'Copy a link for another window',
              icon: <Copy className="i i--s" aria-hidden />,
              onSelect: () => link.mutate(),
            },
            {
              id: 'docs',
              label: 'Describe the API',
              icon: <BookOpen className="i i--s" aria-hidden />,
              onSelect: () => window.open('/docs/', '_blank', 'noopener'),
            },
          ],
        },
      ]}
    />
  )
}
