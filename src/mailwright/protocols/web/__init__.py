"""The pages people open in a browser: the landing page, the status page, and the application at `/app`.

`landing` writes ready HTML from `templates/`; `static` serves what the front end's build left in `app/`; `headers` puts the
security headers around every page. No page fetches anything from elsewhere.
"""
