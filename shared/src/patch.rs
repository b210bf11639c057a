//! Text diff, hunk selection and three-way merge. Pure and bounded.
