"""What each part is worth: small networks trained side by side from the run folder's library, and measures of a bundle."""
