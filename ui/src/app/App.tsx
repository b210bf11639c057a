// The page: signs in, follows the feed, shows the screen of the address.
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { TipProvider } from '../kit/tip'
import { Toasts } from '../kit/toast'
import { useFeed } from '../server/engine'
import { useKeyboard } from '../shell/keyboard'
import { useRegions } from '../shell/regions'
import { ErrorBoundary } from './ErrorBoundary'
import { createAppRouter } from './router'
import { SignedOut } from './SignedOut'
import { useTheme } from './theme'

export function App({ client, signedIn }: { client: QueryClient; signedIn: boolean }) {
  return (
    <ErrorBoundary>
      <QueryClientProvider client={client}>
        <TipProvider>{signedIn ? <Studio /> : <SignedOut />}</TipProvider>
        <Toasts />
      </QueryClientProvider>
    </ErrorBoundary>
  )
}

function Studio() {
  const [router] = useState(createAppRouter)
  useFeed()
  useTheme()
  useKeyboard()
  useRegions()
  return <RouterProvider router={router} />
}
