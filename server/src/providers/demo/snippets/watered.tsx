      {bed.watered !== today && (
        <button className="water" onClick={onWater}>
          <DropIcon />
          Mark as watered
        </button>
      )}
