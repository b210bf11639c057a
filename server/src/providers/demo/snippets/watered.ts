  const [watered, setWatered] = useState<Record<string, string>>({})
  const plot = beds.map((bed) => ({ ...bed, watered: watered[bed.id] ?? bed.watered }))
  const chosen = plot.find((bed) => bed.id === selected?.id)
