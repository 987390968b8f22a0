using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Bench.Sweeps;

/// <summary>This program in a process of its own.</summary>
internal static partial class EngineProcess
{
    private const int Terminate = 15;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>What starts this program: its file, or the .NET host with it.</summary>
    public static string[] Self { get; } = FindSelf();

    /// <summary>Starts it; what it prints is read.</summary>
    public static Process Start(IEnumerable<string> arguments)
        => Process.Start(new ProcessStartInfo(Self[0], [.. Self[1..], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;

    /// <summary>Asks a process to stop: it writes its checkpoint first, where the system can ask.</summary>
    public static void Stop(Process process)
    {
        try
        {
            // There the console has asked already.
            if (OperatingSystem.IsWindows() && !process.WaitForExit(s_patience))
                process.Kill();
            else if (!OperatingSystem.IsWindows())
                _ = Signal(process.Id, Terminate);
        }
        catch (InvalidOperationException)
        {
            // It has come to its end.
        }
    }

    private static string[] FindSelf()
    {
        string own = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "engine.exe" : "engine");
        if (File.Exists(own))
            return [own];

        // A .NET tool has a library alone.
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        return [host, Path.Combine(AppContext.BaseDirectory, "engine.dll")];
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
