"""The oracle: compares truth, belief and evidence after every event.

*Truth* is what the venue holds, *belief* what the core says it thinks, *evidence* what left the
bot and what reached it, and when. A promise is broken only where evidence shows it: what is wrong
in truth alone, before any word of it could reach the bot, is recorded as exposure cost.
"""
