      {thirsty.length > 0 && (
        <div className="note" role="status">
          <DropIcon />
          <p>
            <strong>
              {thirsty.length} {thirsty.length === 1 ? 'bed needs' : 'beds need'} water today
            </strong>
            About {litres} litres{wet && `, no rain since ${weekday(wet.date)}`}
          </p>
        </div>
      )}
