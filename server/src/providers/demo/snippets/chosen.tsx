      {chosen && (
        <BedPanel
          bed={chosen}
          onClose={() => setSelected(null)}
          onWater={() => setWatered({ ...watered, [chosen.id]: today })}
        />
      )}
