      {litres > 0 && (
        <span className="litres">
          <DropIcon />
          {litres} L
        </span>
      )}
