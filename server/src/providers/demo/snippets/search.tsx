      <input
        className="search"
        type="search"
        placeholder="Find a bed"
        aria-label="Find a bed"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
