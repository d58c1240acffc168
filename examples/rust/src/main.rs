//! The eight two-factor calls of the public reference, for a new account; see README.md for what it needs.

use std::{env, fs, io, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::time::sleep;
use totp_rs::TOTP;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let base_url =
        env::var("ATHENA_AUTH_BASE_URL").unwrap_or("http://localhost:3001/api/auth".into());
    let email = env::var("EMAIL").context("Set EMAIL first")?;
    let password = env::var("PASSWORD").context("Set PASSWORD first")?;
    let http = Client::new();

    let response = http
        .post(format!("{base_url}/sign-up/email"))
        .json(&json!({ "name": "Ada", "email": email, "password": password }))
        .send()
        .await?;
    let account = answer(response).await?;
    let token = text(&account, "token")?;
    println!("Signed up as {email}.");

    turn_on(&http, &base_url, token, &password).await?;
    prove_by_mail(&http, &base_url, token, &email).await?;
    prove_by_backup_code(&http, &base_url, token, &password).await?;
    turn_off(&http, &base_url, token, &password).await
}

/// Turn the authenticator app on; this program is the app.
async fn turn_on(http: &Client, base_url: &str, token: &str, password: &str) -> Result<()> {
    // auth.twoFactor.enable() -> POST /two-factor/enable
    let response = http
        .post(format!("{base_url}/two-factor/enable"))
        .bearer_auth(token)
        .json(&json!({
            "password": password
        }))
        .send()
        .await?;
    let enabled = answer(response).await?;
    let app = TOTP::from_url(text(&enabled, "totpURI")?)?;
    println!("enable: the app has the secret; nothing has changed yet");

    // auth.twoFactor.verifyTotp() -> POST /two-factor/verify-totp
    let response = http
        .post(format!("{base_url}/two-factor/verify-totp"))
        .bearer_auth(token)
        .json(&json!({
            "code": app.generate_current()?
        }))
        .send()
        .await?;
    let verified = answer(response).await?;
    println!(
        "verify-totp: twoFactorEnabled is {}",
        verified["user"]["twoFactorEnabled"]
    );

    // auth.twoFactor.getTotpUri() -> POST /two-factor/get-totp-uri
    let response = http
        .post(format!("{base_url}/two-factor/get-totp-uri"))
        .bearer_auth(token)
        .json(&json!({
            "password": password
        }))
        .send()
        .await?;
    let shown = answer(response).await?;
    let same = TOTP::from_url(text(&shown, "totpURI")?)? == app;
    println!(
        "get-totp-uri: {} secret",
        if same { "the same" } else { "another" }
    );
    Ok(())
}

/// Have a code sent and type it in: what a person does who has no app at hand.
async fn prove_by_mail(http: &Client, base_url: &str, token: &str, email: &str) -> Result<()> {
    // auth.twoFactor.sendOtp() -> POST /two-factor/send-otp
    let response = http
        .post(format!("{base_url}/two-factor/send-otp"))
        .bearer_auth(token)
        .json(&json!({}))
        .send()
        .await?;
    answer(response).await?;
    println!("send-otp: a code is on its way to {email}");

    let code = sent_code(email).await?;

    // auth.twoFactor.verifyOtp() -> POST /two-factor/verify-otp
    let response = http
        .post(format!("{base_url}/two-factor/verify-otp"))
        .bearer_auth(token)
        .json(&json!({
            "code": code
        }))
        .send()
        .await?;
    let verified = answer(response).await?;
    println!("verify-otp: welcome, {}", text(&verified["user"], "name")?);
    Ok(())
}

/// Replace the backup codes and use one of the new ones: what a person does who has lost the phone.
async fn prove_by_backup_code(
    http: &Client,
    base_url: &str,
    token: &str,
    password: &str,
) -> Result<()> {
    // auth.twoFactor.generateBackupCodes() -> POST /two-factor/generate-backup-codes
    let response = http
        .post(format!("{base_url}/two-factor/generate-backup-codes"))
        .bearer_auth(token)
        .json(&json!({
            "password": password
        }))
        .send()
        .await?;
    let generated = answer(response).await?;
    let codes = generated["backupCodes"]
        .as_array()
        .context("The answer has no backupCodes")?;
    println!(
        "generate-backup-codes: {} new ones; the old ones are void",
        codes.len()
    );

    // auth.twoFactor.verifyBackupCode() -> POST /two-factor/verify-backup-code
    let response = http
        .post(format!("{base_url}/two-factor/verify-backup-code"))
        .bearer_auth(token)
        .json(&json!({
            "code": codes[0]
        }))
        .send()
        .await?;
    let verified = answer(response).await?;
    println!(
        "verify-backup-code: {} are left",
        verified["backupCodesLeft"]
    );
    Ok(())
}

async fn turn_off(http: &Client, base_url: &str, token: &str, password: &str) -> Result<()> {
    // auth.twoFactor.disable() -> POST /two-factor/disable
    let response = http
        .post(format!("{base_url}/two-factor/disable"))
        .bearer_auth(token)
        .json(&json!({
            "password": password
        }))
        .send()
        .await?;
    answer(response).await?;
    println!("disable: two-factor authentication is off");
    Ok(())
}

/// The code from the mail, typed in; or read from the file that the server appends its mails to, when MAILS names it.
async fn sent_code(email: &str) -> Result<String> {
    let Ok(mails) = env::var("MAILS") else {
        eprint!("The code from the mail: ");
        let mut typed = String::new();
        io::stdin().read_line(&mut typed)?;
        return Ok(typed.trim().to_owned());
    };
    // The server mails once it has answered.
    for _ in 0..50 {
        let lines = fs::read_to_string(&mails).context("MAILS cannot be read")?;
        let sent = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .rfind(|mail| mail["to"] == email && mail["kind"] == "two-factor-otp");
        if let Some(mail) = sent {
            return Ok(text(&mail, "code")?.to_owned());
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("No code for {email} has come to {mails}")
}

/// The JSON of an answer; a refusal's reason stands in its body.
async fn answer(response: Response) -> Result<Value> {
    if let Err(status) = response.error_for_status_ref() {
        return Err(status).context(response.text().await?);
    }
    Ok(response.json().await?)
}

fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
    answer[field]
        .as_str()
        .with_context(|| format!("The answer has no {field}"))
}
