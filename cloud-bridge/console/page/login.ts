document.title = "安伴 Anban";
