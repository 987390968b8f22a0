using System.Collections.Concurrent;

namespace Engine.Bench.Games;

/// <summary>The keys that are pressed in the terminal.</summary>
internal static class Keyboard
{
    /// <summary>
    /// Listens from now on to the end of the program, and keeps the terminal from showing the keys; null where the input is no terminal.
    /// </summary>
    public static BlockingCollection<char>? Listen()
    {
        if (Console.IsInputRedirected)
            return null;
        var keys = new BlockingCollection<char>();
        new Thread(Read) { IsBackground = true }.Start();
        return keys;

        // Whoever waits for a key sees to it that none is shown; the runtime puts the terminal back at the end.
        void Read()
        {
            try
            {
                while (true)
                    keys.Add(Console.ReadKey(intercept: true).KeyChar);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The terminal has closed.
            }
        }
    }
}
