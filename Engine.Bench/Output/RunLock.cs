using System.Globalization;
using System.Text;

namespace Engine.Bench.Output;

/// <summary>
/// Says that a folder belongs to a process: a file in it that the process holds locked, and removes when it is done with the folder. The
/// system releases the lock of a process that dies, and so the file of one that was killed keeps nobody out.
/// </summary>
/// <remarks>File systems that know no locks, as some network shares, let everybody in.</remarks>
internal sealed class RunLock : IDisposable
{
    /// <summary>The name of the file.</summary>
    public const string Name = "run.lock";

    // What a lock that another holds is called on Linux, macOS and Windows.
    private static readonly int[] s_held = [11, 35, unchecked((int)0x80070020)];

    // On Windows nobody else can open a file that is in use, nor remove it but so.
    private static readonly FileOptions s_options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;

    // Who only asks whether a lock is held has it for a moment.
    private const int Tries = 10;
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _stream;

    private RunLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="opened">What tests do once the file is open, in place of others who are as fast as that; else null.</param>
    /// <exception cref="UserError">Another process has it.</exception>
    /// <exception cref="IOException">The file can't be made.</exception>
    public static RunLock Take(string folder, Action? opened = null)
    {
        string path = Path.Combine(folder, Name);
        for (int tries = 1; ; tries++)
        {
            try
            {
                var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, s_options);
                opened?.Invoke();
                if (Leads(path, stream))
                {
                    Sign(stream);
                    return new(stream);
                }

                stream.Dispose();
            }
            catch (IOException e) when (s_held.Contains(e.HResult))
            {
                if (tries < Tries)
                {
                    Thread.Sleep(s_moment);
                    continue;
                }

                throw new UserError($"{folder} is in use by another run: wait until it ends, or name another folder with --out.");
            }
        }
    }

    /// <summary>Whether a process has a folder's lock.</summary>
    public static bool IsHeld(string folder)
    {
        try
        {
            using var stream = new FileStream(Path.Combine(folder, Name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException e)
        {
            return s_held.Contains(e.HResult);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes the file and releases the lock.</summary>
    public void Dispose()
    {
        try
        {
            if (!OperatingSystem.IsWindows())
                File.Delete(_stream.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder has vanished, or is read-only by now: a file that nobody holds locked keeps nobody out.
        }

        _stream.Dispose();
    }

    // Who has it, for whoever looks: a file without a number is not locked yet, or its disk is full.
    private static void Sign(FileStream stream)
    {
        try
        {
            stream.SetLength(0);
            stream.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            stream.Flush();
        }
        catch (IOException)
        {
            // The lock does not depend on it.
        }
    }

    // Whether the path still leads to the file that is locked: who had it before may have removed it just before, and someone else
    // have made another one. A file is known by its time, which is drawn at random: whole and even seconds, as all file systems keep them.
    private static bool Leads(string path, FileStream stream)
    {
        var time = DateTime.UnixEpoch.AddSeconds(2 * Random.Shared.Next(1 << 29));
        File.SetLastWriteTimeUtc(stream.SafeFileHandle, time);
        return File.GetLastWriteTimeUtc(path) == time;
    }
}
